-- How much energy did each month take?
SELECT date_trunc('month', ts) AS month, COUNT(*) AS half_hours, SUM(mw) / 2 AS mwh, AVG(mw) AS mean_mw
FROM load
GROUP BY 1
ORDER BY 1
