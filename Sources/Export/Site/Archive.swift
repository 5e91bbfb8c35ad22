// Many files in one, as learning platforms take them.
import Rendering

/// A ZIP archive (APPNOTE 6.3.10) whose files are stored as they are: what is large in a course, its engine, is packed
/// already. The same files are the same bytes, whenever it is made.
package struct Archive {
  private var bytes: [UInt8] = []
  private var directory: [UInt8] = []
  private var count = 0

  /// - Parameter files: UTF-8, by their paths.
  package static func zip(_ files: [(path: String, text: String)]) -> [UInt8] {
    var archive = Archive()
    for file in files { archive.add(file.path, Array(file.text.utf8)) }
    return archive.finished
  }

  private mutating func add(_ path: String, _ content: [UInt8]) {
    let name = Array(path.utf8)
    // Version 2.0, names in UTF-8, stored; the first moment that a date can say: 1980-01-01.
    var head = Archive.number(20, 2) + Archive.number(0x800, 2) + Archive.number(0, 2)
    head += Archive.number(0, 2) + Archive.number(0x21, 2)
    head += Archive.number(Int(Archive.crc32(content)), 4)
    head += Archive.number(content.count, 4) + Archive.number(content.count, 4)
    head += Archive.number(name.count, 2) + Archive.number(0, 2)
    directory += Archive.number(0x0201_4b50, 4) + Archive.number(20, 2) + head
    // No remark, the first disk, no attributes.
    directory += Archive.number(0, 2) + Archive.number(0, 2) + Archive.number(0, 2)
    directory += Archive.number(0, 4) + Archive.number(bytes.count, 4) + name
    bytes += Archive.number(0x0403_4b50, 4) + head + name + content
    count += 1
  }

  private var finished: [UInt8] {
    var end = Archive.number(0x0605_4b50, 4) + Archive.number(0, 4)
    end += Archive.number(count, 2) + Archive.number(count, 2)
    end += Archive.number(directory.count, 4) + Archive.number(bytes.count, 4)
    return bytes + directory + end + Archive.number(0, 2)
  }

  /// A number in so many bytes, the lowest first.
  private static func number(_ n: Int, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: n >> (8 * $0)) }
  }

  /// The check sum of ISO 3309, as ZIP has it.
  static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { sum, byte in
      steps[Int((sum ^ UInt32(byte)) & 0xff)] ^ sum >> 8
    }
  }

  private static let steps: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? 0xedb8_8320 ^ sum >> 1 : sum >> 1 }
  }
}

extension Site {
  /// All files with the list of them that a learning platform reads (SCORM 1.2): lessons and exercises in their order;
  /// an exercise tells the platform its score.
  package var package: [(path: String, text: String)] {
    files + [("imsmanifest.xml", manifest)]
  }

  private var manifest: String {
    let shared = engineFile.map { "\n      <file href=\"\($0)\"/>" } ?? ""
    var items: [String] = []
    var resources: [String] = []
    for (name, title, isScored) in contents {
      items.append(
        "      <item identifier=\"item-\(name)\" identifierref=\"\(name)\"><title>\(HTML(title).text)</title></item>"
      )
      resources.append(
        """
            <resource identifier="\(name)" type="webcontent" adlcp:scormtype="\(isScored ? "sco" : "asset")" href="\(name).html">
              <file href="\(name).html"/>\(shared)
            </resource>
        """)
    }
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <manifest identifier="nnrepl-course" version="1.0" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
        <metadata>
          <schema>ADL SCORM</schema>
          <schemaversion>1.2</schemaversion>
        </metadata>
        <organizations default="course">
          <organization identifier="course">
            <title>\(HTML(title).text)</title>
      \(items.joined(separator: "\n"))
          </organization>
        </organizations>
        <resources>
      \(resources.joined(separator: "\n"))
        </resources>
      </manifest>

      """
  }
}
