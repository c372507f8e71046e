-- How complete are the records?
SELECT COUNT(*) AS patients,
       COUNT(meal_cal) AS meals_known,
       COUNT(wt_loss) AS weight_loss_known,
       COUNT(*) FILTER (WHERE meal_cal IS NULL AND wt_loss IS NULL) AS neither_known,
       AVG(ph_karno) - AVG(pat_karno) AS physician_minus_patient
FROM lung
