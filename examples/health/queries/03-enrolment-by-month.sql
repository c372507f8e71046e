-- When were the patients enrolled, and how old were they?
SELECT date_trunc('month', randomised) AS month,
       COUNT(*) AS patients,
       AVG(age) AS age,
       STDDEV_SAMP(age) AS sd
FROM cgd
WHERE enum = 1
GROUP BY 1
ORDER BY 1
