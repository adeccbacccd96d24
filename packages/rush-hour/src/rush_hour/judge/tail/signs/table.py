"""All signs, what says most first."""

from rush_hour.judge.tail.signs.answers import LATE, MORE, OF_ANSWERS
from rush_hour.judge.tail.signs.cpu import OF_CPU
from rush_hour.judge.tail.signs.database import OF_DATABASE
from rush_hour.judge.tail.signs.sign import Sign

SIGNS: tuple[Sign, ...] = (LATE, MORE, *OF_DATABASE, *OF_CPU, *OF_ANSWERS)
