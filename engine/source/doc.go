// Package source runs the local step of a job: it reads an owner's files with an
// embedded DuckDB, checks them against the charter, and aggregates them by SQL that
// it renders itself from a typed plan. Results are Arrow record streams.
//
// # Use
//
// [Open], then [Engine.AddTable] for every table of the charter that the owner maps,
// then [Engine.Lock]. From then on the engine reads the mapped files and nothing
// else: no other path, no network, no extension, no change of its options.
// [Engine.Validate] says whether the data keep the charter's promises;
// [Engine.Aggregate] does the same first, so a job never runs over data that break
// them, whatever its predicate is.
// Files of a pattern may come and go: after the lock, what lies below the directory above
// its first wildcard can be read.
//
// # Reading
//
// A column of a file is matched to a column of the charter by name, and its values
// must be values of the declared type without loss: "1.25" or 1.25 is no value of
// decimal(5,1), and 1.5 none of integer. Text (CSV, JSON) is read with the rules of
// [conversion]; an empty CSV field is NULL, quoted or not. A double column takes the
// double nearest to a decimal or integer value, and a decimal column the decimal whose
// nearest double a double is: 19.99 is one, 0.1 + 0.2 is none. JSON numbers with a point
// or exponent are exact up to 15 digits. Timestamps have no zone: a file column with a
// zone is refused, because only the owner knows which local time is meant.
//
// With out_of_range: clamp, a measure outside its declared range is moved to the
// nearer end, infinities too, and NaN is NULL. Times are never moved: one outside
// its declared range refuses, as does every value outside a declared domain.
//
// # Numbers
//
// A sum is a whole number of units: integers and booleans as they are, decimals
// times 10^scale, doubles as round(x / resolution), half away from zero. With a
// resolution a/b in lowest terms this is computed as round(x * b / a) in IEEE
// doubles, which is the same on every machine. It differs from exact arithmetic only
// where x lies within 2^-52 of its own size of the middle between two multiples, so
// one row is off by at most resolution/2 + |x| * 2^-51, and for the usual
// |x| / resolution below 2^40 the bound rows * resolution / 2 holds to 3 digits.
//
// # Memory
//
// Config.Memory bounds what DuckDB allocates for operators and caches, not each
// small allocation. There is no process limit here: RLIMIT_AS counts reservations,
// which Go and a threaded C++ program make far beyond their use, and a failed mmap
// kills the Go runtime. Run the worker under a cgroup limit (systemd MemoryMax, a
// container's memory) somewhat above Config.Memory.
//
// Noised sums ([Engine.AggregateBounded]) and counts of privacy units ([Engine.AggregateUnits]) hold every pair of a cell and a unit at
// once, about 100 bytes each; where an owner's own query is counted for several guards,
// the sums of each pair too.
//
// # Errors
//
// Faults of this package name the owner's files, columns, lines and counts of rows,
// never a value: they are for the owner. What a worker tells others is [Public].
//
// Start at [Engine.Aggregate].
package source
