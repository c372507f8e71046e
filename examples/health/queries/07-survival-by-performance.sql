-- Does the physician's score tell who survives?
SELECT CASE WHEN ph_ecog = 0 THEN 'no symptoms' WHEN ph_ecog = 1 THEN 'walks' WHEN ph_ecog IN (2, 3) THEN 'in bed by day' END AS state,
       COUNT(*) AS patients,
       AVG(time) AS days,
       STDDEV_SAMP(time) AS sd
FROM lung
GROUP BY 1
ORDER BY days DESC
