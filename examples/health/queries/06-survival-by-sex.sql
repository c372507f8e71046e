-- Do women survive lung cancer longer than men?
SELECT sex,
       COUNT(*) AS patients,
       COUNT(*) FILTER (WHERE status = 2) AS deaths,
       SUM(time) AS patient_days,
       1000.0 * COUNT(*) FILTER (WHERE status = 2) / SUM(time) AS deaths_per_1000_days
FROM lung
GROUP BY sex
ORDER BY sex
