-- Does gamma interferon prevent infections?
SELECT treat,
       COUNT(*) FILTER (WHERE enum = 1) AS patients,
       SUM(status) AS infections,
       SUM(status) * 365.25 / (SUM(tstop) - SUM(tstart)) AS infections_per_year
FROM cgd
GROUP BY treat
ORDER BY treat
