-- Which regions draw most, and which swing most?
SELECT region, AVG(mw) AS mean_mw, STDDEV_POP(mw) / AVG(mw) AS swing
FROM load
GROUP BY region
HAVING AVG(mw) > 2000
ORDER BY mean_mw DESC
