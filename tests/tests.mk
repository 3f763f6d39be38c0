# Targets that test, measure and check.
