"""Every habit, by its flags."""

from api_hour.config.habits.habit import Habit
from api_hour.config.habits.of_http import OF_HTTP
from api_hour.config.habits.of_logs import OF_LOGS
from api_hour.config.habits.of_processes import OF_PROCESSES

HABITS = (*OF_PROCESSES, *OF_HTTP, *OF_LOGS)

BY_FLAG: dict[str, Habit] = {flag: habit for habit in HABITS for flag in habit.flags}
