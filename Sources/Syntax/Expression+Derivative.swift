// A derivative, however it is written.

extension Expression {
  /// `grad(y, x)` is `∂y/∂x` by another name.
  package var asDerivative: Expression {
    guard case .call(let callee, let arguments) = kind, case .name("grad") = callee.kind,
      arguments.count == 2, arguments.allSatisfy({ $0.name == nil })
    else { return self }
    return Expression(
      kind: .gradient(arguments[0].value.asDerivative, arguments[1].value), span: span)
  }
}
