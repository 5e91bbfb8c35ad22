// Tables from comma-separated values, as RFC 4180 and as people write them.
import Testing
import Training

struct TableTests {
  @Test(arguments: [
    ("a,b,y\n1,2,0\n3,4,1\n", [1, 2, 3, 4], [0, 1]),
    ("a,b,y\r\n1,2,0\r\n3,4,1", [1, 2, 3, 4], [0, 1]),
    ("a,b,y\r1,2,0\r3,4,1\r", [1, 2, 3, 4], [0, 1]),
    ("a;b;y\n1; 2 ;0\n 3;4;1\n\n", [1, 2, 3, 4], [0, 1]),
    ("a\tb\ty\n1\t2\t0\n3\t4\t1\n", [1, 2, 3, 4], [0, 1]),
    ("\"a, b\",y\n\"1\",0\n\"2\" ,1\n", [1, 2], [0, 1]),
    ("\"a\"\"b\",y\n1,0\n", [1], [0]),
    ("a,\"y\nz\"\n1,0\n-2.5e3,1\n", [1, -2500], [0, 1]),
  ])
  func tablesAreRead(_ text: String, _ values: [Double], _ targets: [Double]) throws {
    let table = try DataTable(csv: text, target: nil)
    #expect(table.values == values && table.targets == targets)
  }

  @Test func wordsBecomeLabels() throws {
    let table = try DataTable(csv: "x,kind\n1,cat\n2,\"dog, big\"\n3,cat\n", target: nil)
    #expect(table.classes == ["cat", "dog, big"] && table.targets == [0, 1, 0])
    #expect(try DataTable(csv: "y,x\n1,5\n", target: "y").values == [5])
    #expect(try DataTable(csv: "a;y\n1;2\n", target: nil).oddSeparator == "semicolons")
  }

  @Test(arguments: [
    ("a,y\n1\n", DataTable.ReadFault.fieldCount(1, expected: 2, line: 2)),
    ("a,y\n1,2,3\n", .fieldCount(3, expected: 2, line: 2)),
    ("a,y\n,1\n", .missing(line: 2, column: "a")),
    ("a,y\n1,0\n0x10,1\n", .notNumber("0x10", line: 3, column: "a")),
    ("a,y\n1,inf\n", .notNumber("inf", line: 2, column: "y")),
    ("a,y\n", .noRows), ("a,y", .noRows), ("", .noRows),
  ])
  func whatIsWrongIsSaid(_ text: String, _ fault: DataTable.ReadFault) {
    #expect(throws: fault) { try DataTable(csv: text, target: nil) }
  }
}
