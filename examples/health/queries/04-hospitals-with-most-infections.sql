-- Which hospitals saw more than five infections?
SELECT center, SUM(status) AS infections, COUNT(*) FILTER (WHERE enum = 1) AS patients
FROM cgd
GROUP BY center
HAVING SUM(status) > 5
ORDER BY infections DESC, center
