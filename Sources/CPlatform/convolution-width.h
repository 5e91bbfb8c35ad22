// Convolution with vectors of BYTES; widths.h includes this for each.

#define TYPE f64
#define REAL double
#define VECTOR JOIN(f64, BYTES)
#define BITS JOIN(i64, BYTES)
#include "convolution-type.h"
#undef TYPE
#undef REAL
#undef VECTOR
#undef BITS

#define TYPE f32
#define REAL float
#define VECTOR JOIN(f32, BYTES)
#define BITS JOIN(i32, BYTES)
#include "convolution-type.h"
#undef TYPE
#undef REAL
#undef VECTOR
#undef BITS

#undef BYTES
