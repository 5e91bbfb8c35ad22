#ifndef CNORMALS_H
#define CNORMALS_H

#include <stddef.h>

/// Turns blocks of 16 uniform numbers in [0, 1) into normal ones: 8 for the radius, 8 for the angle. What is left
/// over at the end stays as it is.
void normals_from_uniforms(float *_Nonnull numbers, size_t count, float mean, float deviation);

#endif
