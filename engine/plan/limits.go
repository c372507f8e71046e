package plan

// Limits of every plan, whatever the charter says.
const (
	MaxCells  = 1 << 20 // combinations of key slots
	MaxLength = 1 << 24 // elements of the vector
	MaxSums   = 1024    // a model of 40 coefficients has about 900
	MaxKeys   = 16
	MaxArms   = 256  // of one KeyCase
	MaxDepth  = 32   // of a predicate
	MaxNodes  = 1000 // of a predicate
	MaxIn     = 1000 // values of one In
	MaxText   = 1024 // bytes of one constant
	MaxName   = 256  // bytes of a table or column name
	MaxPlan   = 1 << 20
	MaxJob    = 1 << 20 // bytes of a marshalled job

	maxSlots = 1 << 16 // listed values of one key
)
