// What can be wrong with the text of a program or a check file, and what is said of it.
import Diagnostics

/// The facts; their words follow below.
package enum SyntaxFault: Facts {
  /// What another language would write here.
  package enum Slip: Sendable {
    case colonBeforeBlock, prefixedString

    fileprivate var hint: String {
      switch self {
      case .colonBeforeBlock: "blocks are written `{ … }`, without a colon"
      case .prefixedString: "every string may hold {expressions}; leave out the f"
      }
    }
  }

  // Foreign
  case libraryName(name: String, library: String, ours: String)
  case foreignWord(String, ours: String)
  // Lexer
  case numberIntoName
  case notNumber(String)
  case stringNotClosed
  case braceNotClosed
  case cutCharacter
  case unreadable(Unicode.Scalar, isQuote: Bool)
  // Habits
  case generator
  case setLiteral
  case increment
  case tracking
  // Checks
  case noExercise
  case hintOrder(Int, after: Int)
  case sameCheck(String)
  case emptyCheck(name: String, calls: Bool)
  case unknownCheckStatement(String)
  case unknownShare(String)
  case notShare
  case noRange
  case notCount
  case expressionsInText
  // Declarations
  case sameParameter(String)
  case notATarget(isPlain: Bool)
  // Expressions
  case chained(first: String, second: String)
  case emptyIndex
  case derivativeOrder(Int, taken: Int)
  // Parser
  case tooLarge(bytes: Int)
  case notClosed(String, with: String)
  /// - Parameter wanted: nil for the end of the statement.
  case unexpected(wanted: String?, found: String, slip: Slip?)
  case tooDeep
  case declarationAlone(String)
  case notVerb(String, meant: String)
  case outsideLoop(String)
  case outsideFunction
  case assignsInCondition
}

extension SyntaxFault {
  package var words: Words {
    switch self {
    case .libraryName(let name, let library, let ours):
      Words(.otherLanguage, "`\(name)` is \(library)'s spelling", hint: "`\(ours)`")
    case .foreignWord(let word, let ours):
      Words(.otherLanguage, "`\(word)` is another language's spelling", hint: ours)
    case .numberIntoName:
      Words(
        .badNumber, "a number cannot run into a name",
        hint: "put an operator between them, as in `2*x`")
    case .notNumber(let text):
      Words(.badNumber, "`\(text)` is not a number", hint: "write it like 1.5e-3")
    case .stringNotClosed:
      Words(
        .unclosedString, "this string is not closed",
        hint: "end it with the quote it began with, on the same line")
    case .braceNotClosed:
      Words(
        .unclosedString, "this { in a string is not closed",
        hint: "close it with }, or write \\{ for a plain brace")
    case .cutCharacter:
      Words(.unreadableCharacter, "this character is cut off", hint: "save the file again as UTF-8")
    case .unreadable(let character, let isQuote):
      Words(
        .unreadableCharacter, "the character `\(character)` has no meaning here",
        hint: isQuote ? "strings are written with plain double quotes: \"text\"" : "leave it out")
    case .generator:
      Words(
        .otherLanguage, "a loop in round brackets is another language's generator",
        hint: "write `[i^2 for i in range(3)]`")
    case .setLiteral:
      Words(
        .otherLanguage, "values alone in braces are another language's set",
        hint: "write `set([1, 2])` for a set, `{\"a\": 1}` for a record")
    case .increment:
      Words(.otherLanguage, "`++` is another language's spelling", hint: "write `x += 1`")
    case .tracking:
      Words(
        .otherLanguage, "`requires_grad=True` is PyTorch's spelling",
        reason: "What learns is declared.", hint: "write `param w = 3`")
    case .noExercise:
      Words(
        .badCheck, "this check file names no exercise",
        hint: "begin it with `exercise ex01 \"Its title\" points 10`")
    case .hintOrder(let number, let last):
      Words(.badCheck, "hint \(number) follows hint \(last)", hint: "number hints 1, 2, 3")
    case .sameCheck(let name):
      Words(.badCheck, "two checks are named `\(name)`", hint: "rename one")
    case .emptyCheck(let name, let calls):
      Words(
        .badCheck, "the check `\(name)` does not \(calls ? "expect" : "call") anything",
        hint: calls
          ? "say what is expected, as in `expect 2*x`" : "say what is called, as in `call f(x)`")
    case .unknownCheckStatement(let word):
      Words(
        .badCheck, "a check has no statement `\(word)`",
        hint: Suggest.close(to: word, among: CheckDeclaration.statements).first.map {
          "did you mean `\($0)`?"
        } ?? "it has \(CheckDeclaration.statements.joined(separator: ", "))")
    case .unknownShare(let word):
      Words(
        .badCheck, "`partial` cannot pay for `\(word)`",
        hint:
          "write `partial`, or `partial scale 0.5, factor 0.7`; it has \(CheckDeclaration.nearlyRight.joined(separator: ", "))"
      )
    case .notShare:
      Words(
        .badCheck, "a share of the points is a number from 0 to 1",
        hint: "write `partial scale 0.5`")
    case .noRange:
      Words(
        .badCheck, "this is no range to draw from",
        hint: "write [-2, 2] for any number between, or {0, 1} for one of these")
    case .notCount:
      Words(
        .badCheck, "a whole number from 0 to 1000 belongs here",
        hint: "write for instance `points 5`")
    case .expressionsInText:
      Words(.badCheck, "this text may hold no {expressions}", hint: "leave out the braces")
    case .sameParameter(let name):
      Words(.unexpected, "two parameters are named `\(name)`", hint: "rename one")
    case .notATarget(let isPlain):
      Words(
        .unexpected, "only a name, a field or an entry can be assigned",
        hint: isPlain ? "to compare, write `==`" : "write the name on the left, as in `x += 1`")
    case .chained(let first, let second):
      Words(
        .unexpected, "comparisons do not chain", hint: "join two: `a \(first) b and b \(second) c`")
    case .emptyIndex:
      Words(
        .unexpected, "nothing stands between the brackets",
        hint: "write an index such as [0] or [1:3]")
    case .derivativeOrder(let order, let taken):
      Words(
        .unexpected, "the derivative is of order \(order), but is taken \(taken) times",
        hint: "write as many above as below: `∂²y/∂x²`")
    case .tooLarge(let bytes):
      Words(
        .sourceTooLarge, "the source has \(bytes) bytes; at most \(SourceText.sizeLimit) are read",
        hint: "keep data in a CSV file")
    case .notClosed(let opener, let closer):
      Words(.unclosed, "this `\(opener)` is never closed", hint: "close it with `\(closer)`")
    case .unexpected(let wanted, let found, let slip):
      Words(
        .unexpected, "expected \(wanted ?? "the end of the statement"), found \(found)",
        hint: slip?.hint
          ?? "\(wanted.map { "put \($0) here" } ?? "begin a new line here"), or mend what stands before it"
      )
    case .tooDeep:
      Words(
        .tooDeep, "this is nested more than \(Parser.depthLimit) deep",
        hint: "give an inner part a name of its own")
    case .declarationAlone(let word):
      Words(.unexpected, "`\(word)` needs a name and a value", hint: "write `\(word) w = 0.5`")
    case .notVerb(let word, let meant):
      Words(.unexpected, "`\(word)` is not a verb", hint: "did you mean `\(meant)`?")
    case .outsideLoop(let word):
      Words(
        .misplaced, "\(word) stands outside a loop",
        hint: "use it inside `while`, `for` or `repeat`")
    case .outsideFunction:
      Words(
        .misplaced, "`return` stands outside a function",
        hint: "at the top level the last expression shows its value by itself")
    case .assignsInCondition:
      Words(.unexpected, "`=` assigns; a condition compares", hint: "write `==`")
    }
  }
}
