"""The pure part: schedule, response parsing, histograms, statistics and judgement. No I/O, no clock, no chance."""
