-- Which part of a household's consumption falls into the evening, day by day?
SELECT date_trunc('day', ts) AS day,
       SUM(kwh) FILTER (WHERE hour IN (17, 18, 19, 20)) / SUM(kwh) AS evening_share
FROM reading
WHERE class = 'H0'
GROUP BY 1
ORDER BY 1
