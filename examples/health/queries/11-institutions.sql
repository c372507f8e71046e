-- How many patients has each institution, and how long did they live?
SELECT inst AS institution, COUNT(*) AS patients, AVG(time) AS days
FROM lung
GROUP BY inst
ORDER BY patients DESC
