import Foundation
import Training
import Testing

/// Files are refused as the format's own reader (safetensors 0.8) refuses them, and in words.
@Suite struct SafetensorsTests {
  private static func file(_ header: String, _ count: Int) -> [UInt8] {
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    return length + Array(header.utf8) + [UInt8](repeating: 0, count: count)
  }

  private static func tensor(_ name: String, _ shape: String, _ start: Int, _ end: Int) -> String {
    "\"\(name)\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[\(start),\(end)]}"
  }

  @Test(arguments: [
    ("{\(tensor("a", "[2]", 0, 8))}   ", 8, ["a"]),
    ("{\(tensor("b", "[2]", 8, 16)),\(tensor("a", "[2, 1]", 0, 8))}", 16, ["a", "b"]),
    ("{\(tensor("none", "[0]", 0, 0)), \(tensor("a", "[2]", 0, 8))}", 8, ["none", "a"]),
    ("{\"__metadata__\":{\"format\":\"pt\"},\(tensor("w\\u00e9", "[]", 0, 4))}", 4, ["wé"]),
    ("{}", 0, []),
  ]) func wholeFilesAreRead(_ header: String, _ count: Int, _ names: [String]) throws {
    #expect(try Safetensors.decoded(Self.file(header, count)).map(\.name) == names)
  }

  @Test(arguments: [
    // Bytes of two tensors, or of none.
    ("{\(tensor("a", "[2]", 0, 8)),\(tensor("b", "[2]", 4, 12))}", 12, "`b` begins inside"),
    ("{\(tensor("a", "[2]", 0, 8)),\(tensor("b", "[2]", 0, 8))}", 8, "`b` begins inside"),
    ("{\(tensor("a", "[2]", 0, 8)),\(tensor("b", "[2]", 12, 20))}", 20, "the bytes 8 to 11"),
    ("{\(tensor("a", "[2]", 4, 12))}", 12, "the bytes 0 to 3"),
    ("{\(tensor("a", "[2]", 0, 8))}", 12, "its last 4 bytes"),
    ("{\(tensor("a", "[2]", 0, 8))}", 4, "ends before the bytes of `a`"),
    // Names.
    ("{\(tensor("a", "[2]", 0, 8)),\(tensor("a", "[2]", 8, 16))}", 16, "names `a` twice"),
    ("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 0, "names `dtype` twice"),
    // Shapes.
    ("{\(tensor("a", "[2.0]", 0, 8))}", 8, "holds 2.0,"),
    ("{\(tensor("a", "[2e0]", 0, 8))}", 8, "holds 2e0,"),
    ("{\(tensor("a", "[-2]", 0, 8))}", 8, "holds -2,"),
    (
      "{\(tensor("a", "[4611686018427387904, 4]", 0, 8))}", 8,
      "its shape is [4611686018427387904, 4]"
    ),
    ("{\(tensor("a", "[99999999999999999999]", 0, 8))}", 8, "holds 99999999999999999999,"),
    ("{\(tensor("a", "[3]", 0, 8))}", 8, "2 elements, but its shape is [3]"),
    ("{\(tensor("a", "2", 0, 8))}", 8, "`shape` of `a` is not a list"),
    // JSON.
    ("{} x", 0, "not JSON"), ("[]", 0, "not an object"), ("{\"a\":1}", 0, "`a` is not an object"),
    ("{\"a\":{}}", 0, "`a` has no `dtype`"), ("{\"a\\", 0, "not JSON"), ("", 0, "not JSON"),
    (String(repeating: "[", count: 100_000), 0, "not JSON"),
  ]) func brokenFilesAreRefusedInWords(_ header: String, _ count: Int, _ reason: String) {
    #expect {
      try Safetensors.decoded(Self.file(header, count))
    } throws: { error in
      (error as? Safetensors.FormatFault)?.reason.contains(reason) == true
    }
  }
}

@Suite struct CSVTests {
  /// The reader's own faults are told in words too.
  @Test(arguments: ["a,b\n\"1\"x,2\n", "a,b\n1,\"2\"3\n"])
  func brokenQuotesAreToldInWords(_ text: String) {
    #expect {
      try DataTable(csv: text, target: nil)
    } throws: { error in
      guard case .unreadable(let reason)? = error as? DataTable.ReadFault else { return false }
      return reason.hasPrefix("A quoted field must end with its quote")
    }
  }
}
