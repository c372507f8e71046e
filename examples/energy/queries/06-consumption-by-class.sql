-- What does a meter of each class use in an hour?
SELECT class, COUNT(*) AS readings, SUM(kwh) AS kwh, AVG(kwh) AS mean, STDDEV_SAMP(kwh) AS sd
FROM reading
GROUP BY class
ORDER BY class
