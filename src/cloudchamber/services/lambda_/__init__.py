"""AWS Lambda: functions that run for real, on the chamber's clock."""
