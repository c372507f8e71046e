-- Is it the same in Europe and in the United States?
SELECT CASE WHEN hos_cat IN ('Europe:Amsterdam', 'Europe:other') THEN 'Europe' ELSE 'United States' END AS region,
       treat,
       COUNT(*) FILTER (WHERE enum = 1) AS patients,
       SUM(status) AS infections
FROM cgd
GROUP BY 1, 2
ORDER BY region, treat
