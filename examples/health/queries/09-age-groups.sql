-- How old are the patients?
SELECT width_bucket(age, 40, 80, 4) AS bin, COUNT(*) AS patients, AVG(wt_loss) AS weight_loss
FROM lung
GROUP BY 1
ORDER BY 1
