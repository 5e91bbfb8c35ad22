// Windows with vectors of BYTES; widths.h includes this for each.

// As wide as REAL, so that both lie in vectors alike: the offset of a place.
#define TAP long long
#define TYPE f64
#define REAL double
#include "windows-type.h"
#undef TYPE
#undef REAL
#undef TAP
#define TAP int
#define TYPE f32
#define REAL float
#include "windows-type.h"
#undef TYPE
#undef REAL
#undef TAP

#undef BYTES
