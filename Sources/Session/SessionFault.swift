// What can be wrong with a notebook and its names, and what is said of it.
import Diagnostics
import Interpreter

/// The facts; their words follow below.
package enum SessionFault: Facts {
  // Notebook
  case headerNotClosed
  case badStream(String)
  case badSeed(String)
  case badVersion(String)
  case badOption
  case notExpectable(String)
  case unknownOption(String)
  // Calling
  case notACall(String)
  // Session
  case definedLater(name: String, line: Int)
  case lookAlike(String)
}

extension SessionFault {
  package var words: Words {
    switch self {
    case .headerNotClosed:
      Words(
        .badCell, "the header above this line is never closed", hint: "close it with a line `# ---`"
      )
    case .badStream(let value):
      Words(
        .badCell, "`\(value)` is no random stream",
        hint: "write its name and seed: `#| stream: lesson03 0`")
    case .badSeed(let text):
      Words(
        .badCell, "`\(text)` is no seed", hint: "a seed is a whole number from 0 on: `# seed: 0`")
    case .badVersion(let text):
      Words(
        .badCell, "`# nn: \(text)` is no version that this program reads",
        hint: "it reads 1 to \(Machine.version): `# nn: \(Machine.version)`")
    case .badOption:
      Words(
        .badCell, "a cell option looks like `#| key: value`",
        hint: "write for instance `#| echo: false`")
    case .notExpectable(let text):
      Words(
        .badCell, "`\(text)` is not an error that can be expected",
        hint: "write `#| expect: error shape-mismatch`")
    case .unknownOption(let option):
      Words(
        .badCell, "there is no cell option `\(option)`", hint: "the options are id, expect and echo"
      )
    case .notACall(let text):
      Words(
        .badCheck, "this cannot be called: \(text)",
        hint: "call a function by its name, as in `call f(x)`")
    case .definedLater(let name, let line):
      Words(
        .unknownName, "there is no `\(name)` here",
        reason: "`\(name)` gets its meaning further down, in line \(line).",
        hint: "move this below that line")
    case .lookAlike(let name):
      Words(
        warning: .lookAlike, "`\(name)` looks like another name but is made of other characters",
        hint: "type the name again, or take a name of its own")
    }
  }
}
