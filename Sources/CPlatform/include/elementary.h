#pragma once

// Elementary functions of numbers in double precision; the same bits everywhere. `Elementary` in Platform says how
// exact they are.
double nnrepl_exp(double x);
double nnrepl_expm1(double x);
double nnrepl_tanh(double x);
double nnrepl_log(double x);
double nnrepl_log1p(double x);
double nnrepl_erf(double x);

/// 1 - erf x for x from 0.85 to 6.
double nnrepl_erf_rest(double x);

double nnrepl_sin(double x);
double nnrepl_cos(double x);
double nnrepl_atan(double x);
double nnrepl_atan2(double y, double x);
double nnrepl_pow(double x, double y);

// Those that have an algorithm of their own in single precision.
float nnrepl_expf(float x);
float nnrepl_logf(float x);
float nnrepl_log1pf(float x);
float nnrepl_tanhf(float x);
float nnrepl_expm1f(float x);
float nnrepl_erff(float x);
