package store

import (
	"database/sql"
	"encoding/json"
	"math"
	"time"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/budget"
)

// An account may have any number of lines: the table debit_sum holds what they add up to in spans of 2^fine
// and of 2^coarse milliseconds (4.4 minutes, 75 hours). A sum from an instant on reads the lines up to the end of
// a fine span, the fine spans up to the end of a coarse one, and the coarse ones after it: for a period of ten
// years some 2200 rows for each analyst, however many lines there are. [budget.Account.At] and
// [budget.Account.Fits] say the same of a list of lines.
const (
	fine   = 18 // as in schema/worker/011.sql
	coarse = 28
)

// refill makes the sums of spans anew from the lines, which were compared with the ledger: what the file said of
// them is not believed.
func refill(tx *sql.Tx) error {
	if _, err := tx.Exec("DELETE FROM debit_sum"); err != nil {
		return err
	}
	for _, bits := range []int{fine, coarse} {
		const fill = "INSERT INTO debit_sum SELECT about, organisation, analyst, ?1, until >> ?1, SUM(rho) FROM debit GROUP BY 1, 2, 3, 5"
		if _, err := tx.Exec(fill, bits); err != nil {
			return err
		}
	}
	return nil
}

// selected reads columns of the rows of an account, of which more is wanted: ?1, ?2 and ?3 are those of
// [selection].
func selected(columns, table, wanted string) string {
	const each = "SELECT "
	from := columns + " FROM " + table + " WHERE about = ?1 AND " + wanted
	return each + from + " AND organisation = ?2 UNION ALL " +
		each + from + " AND analyst IN (SELECT value FROM json_each(?3)) AND organisation IS NOT ?2"
}

// selection returns table, organisation and analysts of an account, as [selected] wants them.
func selection(a *budget.Account) (args []any, err error) {
	analysts, err := json.Marshal(append([]string{}, a.Analysts...))
	// NULL is no organisation, so that "" selects nothing.
	organisation := any(a.Organisation)
	if a.Organisation == "" {
		organisation = nil
	}
	return []any{a.Table, organisation, string(analysts)}, err
}

var (
	// Lines whose until is in [?4, ?5), spans in [?6, ?7), and spans from ?8 on.
	sumFrom = "SELECT COALESCE(SUM(rho), 0) FROM (" +
		selected("rho", "debit", "debited IN (0, 1) AND until >= ?4 AND until < ?5") + " UNION ALL " +
		selected("rho", "debit_sum", "bits = 18 AND span >= ?6 AND span < ?7") + " UNION ALL " +
		selected("rho", "debit_sum", "bits = 28 AND span >= ?8") + ")"

	// Reservations, and those of them whose until is at least ?4.
	sumReserved = "SELECT COALESCE(SUM(rho), 0), COALESCE(SUM(rho) FILTER (WHERE until >= ?4), 0) FROM (" +
		selected("rho, until", "debit", "debited = 0") + ")"

	// What is in each span, and at each instant, of [?5, ?6), the latest first.
	eachSpan = "SELECT span, SUM(rho) FROM (" + selected("span, rho", "debit_sum", "bits = ?4 AND span >= ?5 AND span < ?6") +
		") GROUP BY span HAVING SUM(rho) > 0 ORDER BY span DESC"
	eachInstant = "SELECT until, SUM(rho) FROM (" + selected("until, rho", "debit", "debited IN (0, 1) AND until >= ?4 AND until < ?5") +
		") GROUP BY until ORDER BY until DESC"
)

// stateOf adds up an account as [budget.Account.At] does.
func stateOf(from reader, a *budget.Account, now time.Time) (budget.State, error) {
	s := budget.State{Account: *a}
	args, err := selection(a)
	if err != nil {
		return s, err
	}
	since := sinceMillis(a, now)
	lines := up(since, fine)
	spans := up(lines, coarse)
	var all, reserved, young int64
	err = from.QueryRow(sumFrom, append(args, since, lines, lines>>fine, spans>>fine, spans>>coarse)...).Scan(&all)
	if err != nil {
		return s, err
	}
	if err := from.QueryRow(sumReserved, append(args, since)...).Scan(&reserved, &young); err != nil {
		return s, err
	}
	if all < young || young < 0 {
		return s, Corrupt.New("a privacy budget is below zero")
	}
	s.Spent, s.Reserved = dp.Rho(all-young), dp.Rho(reserved)
	return s, nil
}

// up is the first multiple of 2^bits that is not before an instant.
func up(ms int64, bits int) int64 { return -(-ms >> bits << bits) }

// fits says when a price fits, as [budget.Account.Fits] does.
func fits(from reader, a *budget.Account, price dp.Rho, now time.Time) (at time.Time, ever bool, err error) {
	if price > a.Limit {
		return time.Time{}, false, nil
	}
	until, found, err := crossing(from, a, sinceMillis(a, now), int64(a.Limit-price))
	if err != nil || !found {
		return now, true, err
	}
	if end := instant(until).Add(a.Period + time.Millisecond); end.After(now) {
		return end, true, nil
	}
	return now, true, nil
}

// crossing returns the latest instant, not before since, from which on lines add up to more than room.
func crossing(from reader, a *budget.Account, since, room int64) (until int64, found bool, err error) {
	args, err := selection(a)
	if err != nil {
		return 0, false, err
	}
	span, ok, err := passes(from, &room, eachSpan, append(args, coarse, since>>coarse, int64(math.MaxInt64))...)
	if !ok || err != nil {
		return 0, false, err
	}
	const parts = coarse - fine
	span, ok, err = passes(from, &room, eachSpan, append(args, fine, max(span<<parts, since>>fine), (span+1)<<parts)...)
	if !ok || err != nil {
		return 0, false, err
	}
	return passes(from, &room, eachInstant, append(args, max(span<<fine, since), (span+1)<<fine)...)
}

// passes takes from room what is in each part, and returns the first for which there is not enough.
func passes(from reader, room *int64, query string, args ...any) (part int64, found bool, err error) {
	rows, err := from.Query(query, args...)
	if err != nil {
		return 0, false, err
	}
	defer rows.Close()
	for rows.Next() {
		var rho int64
		if err := rows.Scan(&part, &rho); err != nil {
			return 0, false, err
		}
		if rho > *room {
			return part, true, nil
		}
		*room -= rho
	}
	return 0, false, rows.Err()
}

// sinceMillis rounds up, as whole milliseconds are stored: a line at it counts.
func sinceMillis(a *budget.Account, now time.Time) int64 {
	since := a.Since(now)
	ms := millis(since)
	if instant(ms).Before(since) {
		ms++
	}
	return ms
}
