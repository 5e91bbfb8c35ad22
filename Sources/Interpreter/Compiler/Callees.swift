// Calls whose arguments have no names: a closure for each way in which the function is found and each of the
// usual numbers of arguments.
import Diagnostics

/// Where a call finds what it calls.
protocol Callee {
  associatedtype Held
  /// Looks what it is, before the arguments are evaluated.
  func hold(_ f: Frame) throws(Diagnostic) -> Held
  /// The function, if it is one that the language defines; it lives as long as what is held.
  func function(_ held: Held) -> Unmanaged<FunctionObject>?
  func value(_ held: Held, _ f: Frame) -> Value
}

/// A name of the top level. Its function is called without counting a reference: only statements of the top
/// level change what such a name means, and these wait for the call.
struct NamedCallee: Callee {
  let slot: Int
  /// Says what is wrong if the name has no value.
  let load: Code
  @inline(__always) func hold(_ f: Frame) throws(Diagnostic) -> Unmanaged<FunctionObject>? {
    let place = f.state.pointee.globals + slot
    if let function = place.function { return function }
    if case .unset = place.pointee { _ = try load.run(f) }
    return nil
  }
  @inline(__always)
  func function(_ held: Unmanaged<FunctionObject>?) -> Unmanaged<FunctionObject>? { held }
  @inline(__always) func value(_ held: Unmanaged<FunctionObject>?, _ f: Frame) -> Value {
    f.state.pointee.globals[slot]
  }
}

struct ComputedCallee: Callee {
  let code: Code
  @inline(__always) func hold(_ f: Frame) throws(Diagnostic) -> Value { try code.run(f) }
  @inline(__always) func function(_ held: Value) -> Unmanaged<FunctionObject>? {
    if case .function(let function) = held { .passUnretained(function) } else { nil }
  }
  @inline(__always) func value(_ held: Value, _ f: Frame) -> Value { held }
}

/// The arguments of a call, in order.
protocol ArgumentCodes {
  associatedtype Values
  var count: Int { get }
  func run(_ f: Frame) throws(Diagnostic) -> Values
  /// Puts them where a function expects its parameters.
  func lay(_ values: consuming Values, at base: UnsafeMutablePointer<Value>)
  func list(_ values: Values) -> [Value]
  /// The result of a built-in that has a shortcut for so many plain arguments.
  func shortcut(_ builtin: Builtin, _ values: Values, _ place: CallPlace) throws(Diagnostic)
    -> Value?
}

struct OneArgument: ArgumentCodes {
  let first: Code
  var count: Int { 1 }
  @inline(__always) func run(_ f: Frame) throws(Diagnostic) -> Value { try first.run(f) }
  @inline(__always) func lay(_ values: consuming Value, at base: UnsafeMutablePointer<Value>) {
    base.initialize(to: values)
  }
  func list(_ values: Value) -> [Value] { [values] }
  @inline(__always)
  func shortcut(_ builtin: Builtin, _ values: Value, _ place: CallPlace) throws(Diagnostic)
    -> Value?
  {
    try builtin.unary?(place.machine, values, place.site, place.span)
  }
}

struct TwoArguments: ArgumentCodes {
  let first: Code
  let second: Code
  var count: Int { 2 }
  @inline(__always) func run(_ f: Frame) throws(Diagnostic) -> (Value, Value) {
    (try first.run(f), try second.run(f))
  }
  @inline(__always)
  func lay(_ values: consuming (Value, Value), at base: UnsafeMutablePointer<Value>) {
    base.initialize(to: values.0)
    (base + 1).initialize(to: values.1)
  }
  func list(_ values: (Value, Value)) -> [Value] { [values.0, values.1] }
  @inline(__always)
  func shortcut(_ builtin: Builtin, _ values: (Value, Value), _ place: CallPlace)
    throws(Diagnostic) -> Value?
  {
    try builtin.binary?(place.machine, values.0, values.1, place.site, place.span)
  }
}

struct ThreeArguments: ArgumentCodes {
  let first: Code
  let second: Code
  let third: Code
  var count: Int { 3 }
  @inline(__always) func run(_ f: Frame) throws(Diagnostic) -> (Value, Value, Value) {
    (try first.run(f), try second.run(f), try third.run(f))
  }
  @inline(__always)
  func lay(_ values: consuming (Value, Value, Value), at base: UnsafeMutablePointer<Value>) {
    base.initialize(to: values.0)
    (base + 1).initialize(to: values.1)
    (base + 2).initialize(to: values.2)
  }
  func list(_ values: (Value, Value, Value)) -> [Value] { [values.0, values.1, values.2] }
  func shortcut(_ builtin: Builtin, _ values: (Value, Value, Value), _ place: CallPlace)
    throws(Diagnostic) -> Value?
  { nil }
}

/// Any other number of them.
struct ManyArguments: ArgumentCodes {
  let codes: [Code]
  var count: Int { codes.count }
  func run(_ f: Frame) throws(Diagnostic) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(codes.count)
    for code in codes { values.append(try code.run(f)) }
    return values
  }
  func lay(_ values: consuming [Value], at base: UnsafeMutablePointer<Value>) {
    for (i, value) in values.enumerated() { (base + i).initialize(to: value) }
  }
  func list(_ values: [Value]) -> [Value] { values }
  func shortcut(_ builtin: Builtin, _ values: [Value], _ place: CallPlace) throws(Diagnostic)
    -> Value?
  { nil }
}

/// Where a call stands, and where its arguments go.
final class CallPlace {
  let window: Int
  let span: Span
  let callee: Span
  let site: UInt32
  let machine: Machine
  /// Where something is forbidden, each call goes the way that looks at it.
  let isGuarded: Bool

  init(window: Int, span: Span, callee: Span, site: UInt32, machine: Machine) {
    self.window = window
    self.span = span
    self.callee = callee
    self.site = site
    self.machine = machine
    isGuarded = machine.probe.isGuarding
  }
}

extension Callee {
  func call<A: ArgumentCodes>(_ arguments: A, _ place: CallPlace) -> Code {
    let parts = CallParts(self, arguments, place)
    return Code { f throws(Diagnostic) in
      let held = try parts.callee.hold(f)
      let values = try parts.arguments.run(f)
      if let function = parts.callee.function(held) {
        let body = function.body
        if body.parameterCount == parts.arguments.count {
          let window = parts.place.window
          parts.arguments.lay(consume values, at: f.base + window)
          let result = try f.invoke(function, body, at: window, parts.place.span)
          withExtendedLifetime(held) {}
          return result
        }
      }
      return try parts.general(held, values, f)
    }
  }
}

private final class CallParts<C: Callee, A: ArgumentCodes> {
  let callee: C
  let arguments: A
  let place: CallPlace
  init(_ callee: C, _ arguments: A, _ place: CallPlace) {
    (self.callee, self.arguments, self.place) = (callee, arguments, place)
  }

  /// Calls what the language does not define, or with another number of arguments.
  @inline(never)
  func general(_ held: consuming C.Held, _ values: consuming A.Values, _ f: Frame)
    throws(Diagnostic) -> Value
  {
    let value = callee.value(held, f)
    if !place.isGuarded, case .builtin(let builtin) = value,
      let result = try arguments.shortcut(builtin, values, place)
    {
      return result
    }
    return try place.machine.call(
      value, Arguments(arguments.list(values)), at: place.span, place.callee, place.site,
      f.above(place.window))
  }
}
