-- What does a day look like, on working days and at weekends?
SELECT hour,
       AVG(mw) FILTER (WHERE weekday NOT IN (6, 7)) AS working_day,
       AVG(mw) FILTER (WHERE weekday IN (6, 7)) AS weekend
FROM load
GROUP BY hour
ORDER BY hour
