-- Are age and survival time related?
SELECT COUNT(*) AS patients, AVG(age) AS age, VAR_SAMP(age) AS variance, CORR(age, time) AS r
FROM lung
WHERE status = 2
