// The C library's functions, by element type.
import Glibc

extension Double: Element {
  package static var stored: DType { .float64 }
  @inline(__always) package static func exp(_ x: Double) -> Double { Glibc.exp(x) }
  @inline(__always) package static func expm1(_ x: Double) -> Double { Glibc.expm1(x) }
  @inline(__always) package static func log(_ x: Double) -> Double { Glibc.log(x) }
  @inline(__always) package static func log1p(_ x: Double) -> Double { Glibc.log1p(x) }
  @inline(__always) package static func sin(_ x: Double) -> Double { Glibc.sin(x) }
  @inline(__always) package static func cos(_ x: Double) -> Double { Glibc.cos(x) }
  @inline(__always) package static func tanh(_ x: Double) -> Double { Glibc.tanh(x) }
  @inline(__always) package static func erf(_ x: Double) -> Double { Glibc.erf(x) }
  @inline(__always) package static func pow(_ x: Double, _ y: Double) -> Double {
    y == 2 ? x * x : Glibc.pow(x, y)
  }
}

extension Float: Element {
  package static var stored: DType { .float32 }
  @inline(__always) package static func exp(_ x: Float) -> Float { expf(x) }
  @inline(__always) package static func expm1(_ x: Float) -> Float { expm1f(x) }
  @inline(__always) package static func log(_ x: Float) -> Float { logf(x) }
  @inline(__always) package static func log1p(_ x: Float) -> Float { log1pf(x) }
  @inline(__always) package static func sin(_ x: Float) -> Float { sinf(x) }
  @inline(__always) package static func cos(_ x: Float) -> Float { cosf(x) }
  @inline(__always) package static func tanh(_ x: Float) -> Float { tanhf(x) }
  @inline(__always) package static func erf(_ x: Float) -> Float { erff(x) }
  @inline(__always) package static func pow(_ x: Float, _ y: Float) -> Float {
    y == 2 ? x * x : powf(x, y)
  }
}
