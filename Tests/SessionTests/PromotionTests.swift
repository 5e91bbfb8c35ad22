import Foundation
import Interpreter
import Session
import Tensors
import Testing

/// Operands of several types meet as in PyTorch: value, dtype and shape, for the table that promotion.py makes.
@Suite struct PromotionTests {
  struct Value: Decodable {
    let dtype: String
    let shape: [Int]
    let data: [Double]
  }

  struct Row: Decodable {
    let torch: String
    let dtype: String
    let shape: [Int]
    let data: [Double]
  }

  struct Table: Decodable {
    let operands: [String: Value]
    let float32: [Row]
    let float64: [Row]
  }

  static let table = Result {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let file = Golden.home(of: "promotion.json", "Goldens").appendingPathComponent("promotion.json")
    return try decoder.decode(Table.self, from: Data(contentsOf: file))
  }

  /// What is wrong with a row, if anything is.
  static func fault(_ row: Row, _ session: Session) -> String? {
    let code = "out = " + GoldenTests.translated(row.torch)
    do { try GoldenTests.run(session, code) } catch { return "\(error)" }
    let value = session.value("out")
    guard let got = GoldenTests.tensors(value).first else { return "no tensor" }
    // A plain number is a double, a plain truth value is one.
    let dtype = if case .bool? = value { DType.bool } else { got.dtype }
    if dtype.name != row.dtype { return "\(dtype.name), not \(row.dtype)" }
    if got.shape.dims != row.shape { return "\(got.shape.dims), not \(row.shape)" }
    let slack = row.dtype == "float32" ? 1e-6 : 1e-12
    let isEqual = zip(got.values, row.data).allSatisfy { a, b in
      a == b || a.isNaN && b.isNaN || abs(a - b) <= slack * max(1, abs(b))
    }
    return isEqual ? nil : "\(got.values), not \(row.data)"
  }

  /// `?` in each form stands for a tensor of truth values or whole numbers.
  private static func rows(of forms: [String], _ names: [String]) -> [String] {
    forms.flatMap { form in names.map { form.replacingOccurrences(of: "?", with: $0) } }
  }

  private static let whole = ["i0", "i1"]
  private static let flags = ["b0", "b1"]

  /// Rows that are not PyTorch's because nn means something else.
  static let meant: [(why: String, rows: [String])] = [
    (
      "a negative power of whole numbers is a fraction; PyTorch cuts it off",
      rows(of: ["? ** i1"], flags + whole) + ["3 ** i1"]
    ),
    (
      "a number is not cut to fit where it is filled in",
      ["b1.masked_fill(b1, 7)", "b1.masked_fill(b1, 7.5)", "i1.masked_fill(b1, 7.5)"]
    ),
    (
      "scores and targets meet first; PyTorch takes the logarithm in the type of the scores",
      ["F.binary_cross_entropy_with_logits(f2, d2)"]
    ),
  ]

  @Test(arguments: [DType.float32, .float64]) func everyRowIsPyTorchs(_ dtype: DType) throws {
    let table = try Self.table.get()
    let session = Session(dtype: dtype)
    for (name, operand) in table.operands {
      let kind = try #require(DType(name: operand.dtype))
      session.define(
        name, try Tensor(operand.data, shape: Shape(operand.shape), dtype: kind), isParameter: false
      )
    }
    var exceptions = Set(Self.meant.flatMap(\.rows))
    for row in dtype == .float32 ? table.float32 : table.float64 {
      let fault = Self.fault(row, session)
      if exceptions.remove(row.torch) != nil {
        #expect(fault != nil, "\(row.torch) is PyTorch's now: delete it above")
      } else {
        #expect(fault == nil, "\(row.torch): \(fault ?? "")")
      }
    }
    #expect(exceptions.isEmpty, "no such rows")
  }
}
