import Foundation
import Testing

/// What the package description promises, held against the source.
@Suite struct ArchitectureTests {
  struct Target: Sendable, CustomTestStringConvertible {
    let name: String
    let allowed: Set<String>
    var testDescription: String { name }
  }

  /// The targets of the program with what each may import, from the package description itself.
  static let targets: Result<[Target], any Error> = Result {
    struct Package: Decodable {
      struct Target: Decodable {
        struct Dependency: Decodable {
          let byName: [String?]?
          let product: [String?]?
        }
        let name: String
        let type: String
        let dependencies: [Dependency]
      }
      let targets: [Target]
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.currentDirectoryURL = Transcript.repository
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("manifest")
    // The build that runs this test holds the lock.
    process.arguments = [
      "swift", "package", "--ignore-lock", "--scratch-path", scratch.path, "dump-package",
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try JSONDecoder().decode(Package.self, from: data).targets
      .filter { !["test", "system", "plugin"].contains($0.type) }
      .map { target in
        let names = target.dependencies.compactMap { ($0.byName ?? $0.product)?.first ?? nil }
        return Target(name: target.name, allowed: Set(names))
      }
  }

  /// The Swift files below a folder, folders in folders too.
  static func files(below folder: URL) -> [URL] {
    let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return (all?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
  }

  /// The modules that a file imports.
  static func imports(_ file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
      guard line.hasPrefix("import ") || line.hasPrefix("@") && line.contains(" import ") else {
        return nil
      }
      return line.split(separator: " ").last.map(String.init)
    }
  }

  @Test func importsPointOneWay() throws {
    let targets = try Self.targets.get()
    let system: Set<String> = [
      "Foundation", "FoundationEssentials", "Glibc", "PackagePlugin", "Synchronization",
    ]
    var checked = 0
    for target in targets {
      let folder = Transcript.repository.appendingPathComponent("Sources/\(target.name)")
      for file in Self.files(below: folder) {
        for module in try Self.imports(file) {
          checked += 1
          #expect(
            system.contains(module) || target.allowed.contains(module),
            "\(target.name)/\(file.lastPathComponent) imports \(module)")
        }
      }
    }
    #expect(checked > 300, "the files were not found")
  }

  /// What the package description says above a target's name is all that the target may use: no arrow points back.
  @Test func targetsStandInTheOrderInWhichDataFlows() throws {
    let targets = try Self.targets.get()
    var above: Set<String> = []
    for target in targets {
      let own = target.allowed.filter { name in targets.contains { $0.name == name } }
      #expect(own.isSubset(of: above), "\(target.name) uses \(own.subtracting(above).sorted())")
      above.insert(target.name)
    }
  }

  // MARK: Folders

  /// Swift text without comments and strings, which name what they do not use.
  private static func code(_ file: URL) throws -> String {
    try String(contentsOf: file, encoding: .utf8)
      .replacing(#/\/\/.*/#, with: "").replacing(#/"(?:\\.|[^"\\])*"/#, with: "\"\"")
  }

  /// Which folder of a target uses types of which other.
  static func arrows(in target: String) throws -> [String: Set<String>] {
    let root = Transcript.repository.appendingPathComponent("Sources/\(target)")
    // A target that stands elsewhere has no folders.
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    var code: [(folder: String, text: String)] = []
    for folder in folders.sorted() {
      for file in files(below: root.appendingPathComponent(folder)) {
        code.append((folder, try Self.code(file)))
      }
    }
    let declaration =
      #/(?m)^(?:package |private |fileprivate |@\w+ )*(?:final |indirect )*(?:struct|class|enum|protocol|typealias) (\w+)/#
    var home: [String: Set<String>] = [:]
    for (folder, text) in code {
      for match in text.matches(of: declaration) {
        home[String(match.1), default: []].insert(folder)
      }
    }
    var arrows: [String: Set<String>] = [:]
    for (folder, text) in code {
      for match in text.matches(of: #/\b[A-Z]\w+/#) {
        guard let homes = home[String(match.output)], !homes.contains(folder) else { continue }
        arrows[folder, default: []].formUnion(homes)
      }
    }
    return arrows
  }

  /// Types of one folder may use those of another, not both ways, and not in a circle.
  @Test func foldersFormNoCircle() throws {
    var seen = 0
    for target in try Self.targets.get() {
      let arrows = try Self.arrows(in: target.name)
      seen += arrows.count
      for start in arrows.keys {
        var reached: Set<String> = []
        var waiting = Array(arrows[start] ?? [])
        while let next = waiting.popLast() {
          if reached.insert(next).inserted { waiting += arrows[next] ?? [] }
        }
        #expect(!reached.contains(start), "\(target.name)/\(start) uses what uses it")
      }
    }
    #expect(seen > 5, "no folders were found")
  }

  /// Every declaration that other targets use says what it is, unless it is its own explanation: a stored
  /// property, an initialiser, a body of one line, a kernel that is one expression, what a protocol asks for.
  @Test func whatOthersUseIsDocumented() throws {
    let declaration =
      /^\s*(?:@\w+(?:\([^)]*\))? )*package (?<modifiers>(?:\w+ )*?)(?<kind>func|var|let|subscript|struct|class|enum|protocol|typealias)\b(?<rest>.*)$/
    let required = /^ ?(?:callAsFunction|[-+*\/<=>!&|%~]+ |gemm|row\b|pow\b|words\b|hash\b)/
    var (checked, found) = (0, 0)
    for file in Self.files(below: Transcript.repository.appendingPathComponent("Sources")) {
      let lines = try String(contentsOf: file, encoding: .utf8).split(
        separator: "\n", omittingEmptySubsequences: false)
      for (i, line) in lines.enumerated() {
        guard let match = line.wholeMatch(of: declaration) else { continue }
        let (kind, rest) = (match.kind, match.rest)
        found += 1
        let isStored = (kind == "let" || kind == "var") && !rest.hasSuffix("{")
        let isOneLine = rest.hasSuffix("}") && kind != "class" && kind != "protocol"
        let isKernel =
          kind == "struct" && (rest.contains(": UnaryKernel") || rest.contains(": BinaryKernel"))
        if isStored || isOneLine || isKernel || match.modifiers.contains("override")
          || rest.firstMatch(of: required) != nil
        {
          continue
        }
        checked += 1
        let above = lines[..<i].last { !$0.drop { $0 == " " }.hasPrefix("@") } ?? ""
        #expect(
          above.drop { $0 == " " }.hasPrefix("///"),
          "\(file.lastPathComponent):\(i + 1) has no doc comment: \(line.drop { $0 == " " })")
      }
    }
    #expect(checked > 400 && found > 1_200, "\(checked) of \(found): the files were not found")
  }

  /// Paths in the guides are there: `Autograd/Graph/Replay.swift` is one below Sources or Tests, or of the
  /// repository.
  @Test(arguments: ["CONTRIBUTING.md", "Sources/README.md"])
  func guidesNameFilesThatAreThere(_ guide: String) throws {
    let root = Transcript.repository
    let text = try String(contentsOf: root.appendingPathComponent(guide), encoding: .utf8)
    let names = text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map(\.element)
      .filter {
        $0.wholeMatch(of: /[A-Za-z.]+\/[A-Za-z0-9+.\/-]*\.(swift|nn|md|txt|json|py)/) != nil
      }
    #expect(!names.isEmpty)
    // `lessonNN` stands for any.
    for name in names where !name.contains("NN.") {
      let isThere = ["", "Sources/", "Tests/"].contains { folder in
        FileManager.default.fileExists(atPath: root.appendingPathComponent(folder + name).path)
      }
      #expect(isThere, "\(guide) names \(name)")
    }
  }
}
