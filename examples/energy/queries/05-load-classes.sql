-- How often is a region's load in which class?
SELECT width_bucket(mw, 0, 12000, 6) AS class, COUNT(*) AS half_hours, SUM(mw) AS mw
FROM load
GROUP BY 1
ORDER BY 1
