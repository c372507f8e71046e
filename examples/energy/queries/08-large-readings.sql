-- How many readings are of two kilowatt-hours or more, by part of the day?
SELECT CASE WHEN hour IN (0, 1, 2, 3, 4, 5) THEN 'night' WHEN hour IN (17, 18, 19, 20, 21) THEN 'evening' ELSE 'day' END AS part,
       COUNT(*) FILTER (WHERE kwh >= 2) AS large,
       COUNT(*) AS readings
FROM reading
GROUP BY 1
ORDER BY large DESC
