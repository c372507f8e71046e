-- Is it the same in every kind of hospital?
SELECT hos_cat AS hospitals,
       treat,
       COUNT(*) FILTER (WHERE enum = 1) AS patients,
       SUM(status) AS infections
FROM cgd
GROUP BY 1, 2
ORDER BY 1, 2
