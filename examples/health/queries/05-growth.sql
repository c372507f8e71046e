-- How do height and weight go together in boys and girls?
SELECT sex, COUNT(*) AS patients, AVG(height) AS height, AVG(weight) AS weight, CORR(height, weight) AS r
FROM cgd
WHERE enum = 1 AND age BETWEEN 5 AND 18
GROUP BY sex
ORDER BY sex
