// What can go wrong with gradients and with telling of them, and what is said of it.
import Autograd
import Diagnostics
import Explain
import Tensors

/// The facts; their words follow below.
package enum GradientFault: Facts {
  /// The backward step that made the first nan or inf.
  package struct Birth: Sendable {
    let op: String
    let operands: [String]
  }

  /// Why a gradient is not to be trusted.
  package enum Doubt: Sendable {
    case notFinite(step: String?)
    case narrated(sum: String)
    case numeric(String, isFloat32: Bool)

    fileprivate var reason: String {
      switch self {
      case .notFinite(let step):
        step.map {
          "A slope on the way back is not finite: in the step of `\($0)`. 0 times that is nan."
        } ?? "It is not finite."
      case .narrated(let sum):
        "The paths that are told add up to \(sum). A factor that is not finite meets a 0, or this is a bug in nnrepl: please report it."
      case .numeric(let numeric, let isFloat32):
        "The difference quotient is \(numeric). "
          + (isFloat32
            ? "In float32 it has about three digits; float64 would tell."
            : "The value may jump near by; else this is a bug in nnrepl: please report it.")
      }
    }
  }

  /// What cut a value off from its parameters.
  package struct Cutter: Sendable {
    let name: String?
    let cause: Cut.Reason

    /// An op as it is written: `>`, `argmax`.
    private func written(_ op: Op) -> String {
      if case .infix(let symbol, _) = op.notation { return symbol.filter { $0 != " " } }
      return op.name
    }

    var label: String {
      switch cause {
      case .op(let op): "`\(written(op))` has no slope"
      case .detached: "cut off here"
      case .noGrad: "not recorded"
      case .number: "the last number taken out of the graph"
      }
    }

    var reason: String {
      let what = name.map { "`\($0)`" } ?? "A value on the way"
      return switch cause {
      case .op(let op):
        "\(what) comes from `\(written(op))`, which has no slope: gradients stop there."
      case .detached: "\(what) was cut off by `detach`."
      case .noGrad: "\(what) was computed inside `no_grad`, where nothing is recorded."
      case .number: "It is made of plain numbers, which have no history."
      }
    }

    var hint: String {
      switch cause {
      case .op(let op):
        op.family == .comparison
          ? "use something smooth in its place, such as `sigmoid`"
          : "compute the loss from what `\(written(op))` is given"
      case .detached: "leave out `detach` where gradients should pass"
      case .noGrad: "compute it outside of `no_grad`"
      case .number:
        "keep the value itself and take its number out for printing only, or declare what should be learned: `param w = …`"
      }
    }
  }

  /// An option of a verb that is one of some words.
  package enum Choice: String, Sendable {
    case detail, view, mode

    package var words: [String] {
      switch self {
      case .detail: ["ops", "all"]
      case .view: ["paths", "hop"]
      case .mode: ["reverse", "forward"]
      }
    }

    var hint: String {
      switch self {
      case .detail: "\"ops\" shows every op, \"all\" every line"
      case .view: "\"paths\" follows whole paths, \"hop\" the last step of each"
      case .mode:
        "\"reverse\" goes from the loss to the parameters, \"forward\" from one input to the loss"
      }
    }
  }

  // Backward
  case notScalar(name: String?, Shape)
  case unrecorded(name: String?)
  case stale(parameter: String?, user: String?, name: String?)
  case carriedOver(parameter: String?, value: String?, adds: Bool)
  case walked(name: String?)
  case tensor(TensorError)
  // Gradients
  case untracked(name: String?, cut: Cutter?)
  case noGradients(of: String?, kind: String)
  case gradientNotFinite(name: String, number: String, born: Birth?)
  case stepNotFinite(parameter: String?, number: String)
  case contradiction(derivative: String, total: String, Doubt)
  case summed(parameter: String?)
  case independent(of: String?, by: String?)
  // VerbRun
  case badChoice(Choice)
  case wantsEntry(String, Shape)
  case wantsVariable(String)
  case constant(value: String, variable: String)
  case tooManySteps(name: String, count: Int)
  case notAnEntry(of: Shape)
  case accumulated(first: String)
  case notOptimizer(String)
  case nothingToStepAlong
  case idleStep
  case noStepYet(name: String)
  case parameterItself(String)
  case notRecorded(String)
  case byItself
  case noPass(String)
  case plainInput(String, of: String)
  case notAValue(String, String)
}

extension GradientFault {
  /// - Parameter name: what the source calls the value that was differentiated.
  package init(_ error: GradientError, _ graph: Graph, name: String?) {
    self =
      switch error {
      case .notScalar(let node): .notScalar(name: name, node.shape)
      case .untracked: .unrecorded(name: name)
      case .stale(_, let changed, let carried?):
        .carriedOver(
          parameter: graph.label(of: changed), value: graph.label(of: carried.old),
          adds: carried.gathers)
      case .stale(let node, let changed, nil):
        .stale(parameter: graph.label(of: changed), user: graph.label(of: node), name: name)
      case .walked: .walked(name: name)
      case .tensor(let error, _): .tensor(error)
      }
  }

  /// A value by its name, if it has one.
  private func subject(_ name: String?) -> String { name.map { "`\($0)`" } ?? "the value" }

  package var words: Words {
    switch self {
    case .notScalar(let name, let shape):
      Words(
        .notScalar, "\(subject(name)) has \(shape.count) numbers; backward starts from one",
        label: "\(shape)",
        hint: name.map { "reduce it to a loss with `mean(\($0))` or `sum(\($0))`" }
          ?? "reduce it to one number first, with `sum(…)` or `mean(…)`")
    case .unrecorded(let name):
      Words(
        .notTracked, "\(subject(name)) does not depend on any parameter",
        reason: "Gradients flow to values declared with `param`.",
        hint: "declare what should be learned: `param w = …`")
    case .stale(let parameter, let user, let name):
      Words(
        .staleGraph,
        "`\(parameter ?? "a parameter")` has changed since `\(user ?? name ?? "loss")` was computed from it",
        reason: "The recorded values no longer belong together.",
        hint: "run `forward \(name ?? "loss")` first, or compute \(subject(name)) again")
    case .carriedOver(let parameter, let value, let adds):
      Words(
        .staleGraph,
        "\(subject(value)) comes from before `\(parameter ?? "a parameter")` changed, and what was computed since goes on from it",
        reason: adds
          ? "It gathers whole graphs, one of each turn; a sum to look at needs their numbers only."
          : "Gradients would run back through the steps before, whose values no longer belong to the parameters.",
        hint: adds
          ? "add the number alone: `loss.item()`"
          : "cut it off before it is used again: `\(value ?? "h") = \(value ?? "h").detach()`")
    case .walked(let name):
      Words(
        .graphUsed, "\(subject(name)) has been used for a backward pass already",
        reason: "As in PyTorch, one computed loss serves one backward pass.",
        hint:
          "compute \(subject(name)) again, run `forward \(name ?? "loss")`, or write `backward(retain_graph=true)`"
      )
    case .tensor(let error): TensorFault(error).words
    case .untracked(let name, nil):
      Words(
        .notTracked, "\(subject(name)) does not depend on any parameter",
        reason:
          "Only what is computed from a `param` is recorded; `no_grad`, `.detach()` and `.item()` cut it off.",
        hint: "declare what should be learned, as in `param w = 0.5`, and compute it again")
    case .untracked(let name, let cut?):
      Words(
        .notTracked, "\(subject(name)) does not depend on any parameter", reason: cut.reason,
        hint: cut.hint)
    case .noGradients(let name, let kind):
      Words(
        .wrongKind, "\(subject(name)) is \(kind); gradients are of numbers and tensors",
        hint: "take the gradient of a loss, as in `backward loss`")
    case .gradientNotFinite(let name, let number, let born):
      Words(
        warning: .nonFinite, "the gradient of `\(name)` holds \(number)",
        reason: born.map { birth in
          "It is born in the backward step of `\(birth.op)`"
            + (birth.operands.allSatisfy { $0.count < 30 }
              ? " of \(birth.operands.joined(separator: " and "))" : "")
            + ", whose slope there is not finite; a slope of 0 further up does not stop it."
        },
        hint: "keep the operand where the slope is finite, for instance with `clamp`")
    case .stepNotFinite(let parameter, let number):
      Words(
        warning: .nonFinite, "the step made `\(parameter ?? "a parameter")` hold \(number)",
        reason: "Its gradient was finite; the step was too long for a float.",
        hint: "use a smaller learning rate")
    case .contradiction(let derivative, let total, let doubt):
      Words(
        warning: .contradiction, "`\(derivative)` is \(total)", reason: doubt.reason,
        hint: "`gradcheck(…)` compares every entry")
    case .summed(let parameter):
      Words(
        warning: .gradientAccumulates,
        "`\(parameter ?? "w")` still had the gradient of the step before",
        reason: "`backward` added to it, so the next step goes along the sum of both.",
        hint: "call `opt.zero_grad()` before each `backward()`")
    case .independent(let name, let by):
      Words(
        .notTracked, "\(subject(name)) does not depend on \(by.map { "`\($0)`" } ?? "this")",
        hint:
          "take the gradient by something it was computed from; `explain \(name ?? "loss")` shows that"
      )
    case .badChoice(let choice):
      Words(
        .badArgument,
        "`\(choice.rawValue)` is \(choice.words.map { "\"\($0)\"" }.joined(separator: " or "))",
        hint: choice.hint)
    case .wantsEntry(let name, let shape):
      Words(
        .badIndex, "`\(name)` has \(shape.count) numbers; one of them can be followed",
        hint:
          "name an entry: `\(name)[\(Array(repeating: "0", count: shape.rank).joined(separator: ", "))]`"
      )
    case .wantsVariable(let name):
      Words(
        .badArgument, "a view or a mode is of a derivative; `\(name)` alone is a value",
        hint: "say by what: `explain \(name), mode=\"forward\", wrt=x`, or `explain ∂\(name)/∂x`")
    case .constant(let value, let variable):
      Words(
        .notTracked, "`\(value)` does not depend on `\(variable)`",
        reason: "Its derivative is 0 everywhere.",
        hint: "`explain \(value)` shows what it was computed from")
    case .tooManySteps(let name, let count):
      Words(
        .tooLargeToTell, "`\(name)` was computed in \(count) steps, too many to tell",
        reason: "Up to \(NamedGraph.sizeLimit) are told.",
        hint: "use the silent forms: `y.forward()`, `y.backward()`, `grad(y, x)`")
    case .notAnEntry(let shape):
      Words(
        .badIndex, "an entry of a tensor \(shape) is named by \(shape.rank) whole numbers",
        hint:
          "write one for each axis, as in `[\(Array(repeating: "0", count: shape.rank).joined(separator: ", "))]`"
      )
    case .accumulated(let first):
      Words(
        warning: .gradientAccumulates, "gradients were there already, so `backward` added to them",
        reason: "`\(first).grad` now holds the sum of two passes.",
        hint: "call `zero_grad(\(first))` between passes unless you want the sum")
    case .notOptimizer(let kind):
      Words(.wrongKind, "`step` needs an optimizer, not \(kind)", hint: "write `step sgd(lr=0.1)`")
    case .nothingToStepAlong:
      Words(
        .noGradient, "no parameter has a gradient, so there is nothing to step along",
        hint: "run `backward loss` first")
    case .idleStep:
      Words(
        warning: .noGradient, "no parameter of this optimizer has a gradient, so nothing moved",
        hint: "run `loss.backward()` before `opt.step()`")
    case .noStepYet(let name):
      Words(
        .nothingToExplain, "this optimizer has made no step yet",
        hint: "write `step \(name)` after `backward`")
    case .parameterItself(let name):
      Words(
        .nothingToExplain,
        "`\(name)` is a parameter: its value was given, and changes only by updates",
        hint: "explain what it does to a value, as in `explain ∂loss/∂\(name)`")
    case .notRecorded(let name):
      Words(
        .nothingToExplain, "`\(name)` was not computed from any `param`, so no one recorded how",
        hint: "make one of its inputs a `param` and compute it again")
    case .noPass(let name):
      Words(
        .nothingToExplain, "`\(name)` has no gradient to explain: no backward pass has been made",
        hint: "run `backward loss`, or ask `explain ∂loss/∂\(name)` at once")
    case .plainInput(let name, let of):
      Words(
        .notTracked, "`\(name)` is plain data, so how `\(of)` changes with it was not recorded",
        hint: "declare it with `param \(name) = …` and compute `\(of)` again")
    case .notAValue(let name, let kind):
      Words(
        .nothingToExplain, "`\(name)` is \(kind), and `explain` is about values that were computed",
        hint: "`help \(name)` says what it does; give it something and explain the result")
    case .byItself:
      Words(
        .nothingToExplain, "the derivative of a value by itself is 1",
        hint: "take it by something the value was computed from")
    }
  }
}
