-- What were the five hours of highest load of all regions together?
SELECT date_trunc('hour', ts) AS hour, SUM(mw) / 2 AS mwh
FROM load
GROUP BY 1
ORDER BY 2 DESC
LIMIT 5
