// When work was handed in, and what being late costs.
import FoundationEssentials

/// Times as platforms write them.
package enum HandIn {
  /// Seconds since 1970 of an ISO 8601 time, with or without fractions of a second; nil for other texts. A time
  /// without a zone is in UTC.
  package static func seconds(_ text: String) -> Double? {
    let plain = Date.ISO8601FormatStyle()
    let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    // Some platforms write a space between the day and the time.
    let text = text.replacing(" ", with: "T")
    guard exists(text) else { return nil }
    let candidates = [text, text + "Z", text + ":00Z", text + "T00:00:00Z"]
    for candidate in candidates {
      if let date = (try? plain.parse(candidate)) ?? (try? fractional.parse(candidate)) {
        return date.timeIntervalSince1970
      }
    }
    return nil
  }

  /// Whether the calendar has its day and the clock its time: parsing alone would count on into the next.
  private static func exists(_ text: String) -> Bool {
    let parts = text.split(separator: "T", maxSplits: 1)
    let date = parts.first?.split(separator: "-").compactMap { Int($0) } ?? []
    guard date.count == 3, (1...12).contains(date[1]) else { return false }
    let isLeap = date[0] % 4 == 0 && date[0] % 100 != 0 || date[0] % 400 == 0
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard (1...days[date[1] - 1]).contains(date[2]) else { return false }
    guard parts.count > 1 else { return true }
    let clock = parts[1].prefix { "0123456789:.".contains($0) }.split(separator: ":")
    return zip(clock, [24.0, 60, 61]).allSatisfy { field, limit in (Double(field) ?? limit) < limit
    }
  }
}

extension Record.Deduction {
  /// For a reader.
  package var remark: String { "\(points) points off: \(reason)" }
}

extension Record {
  /// With points taken off for each day, begun or whole, that it was late.
  /// - Parameters:
  ///   - end: when it was due, in seconds since 1970.
  ///   - perDay: in percent of the mark.
  ///   - grace: days that cost nothing.
  package func late(after end: Double, perDay: Double, grace: Double) -> Record {
    guard status == .graded, let handedIn, let time = HandIn.seconds(handedIn), time > end else {
      return self
    }
    let days = Swift.max(0, ((time - end) / 86_400 - grace).rounded(.up))
    guard days > 0 else { return self }
    var record = self
    let points = min(score, Int((Double(score) * min(1, days * perDay / 100)).rounded(.up)))
    record.deduction = Deduction(
      points: points, reason: "\(Int(days)) day\(days == 1 ? "" : "s") late")
    return record
  }

  /// With a pseudonym for the name, the same each time: it follows from the seed, which the course's key makes.
  package var anonymous: Record {
    var record = self
    record.submission = "learner-" + Digest.sha256(seed + "\u{0}" + submission).prefix(8)
    // Either may hold a name.
    record.output = ""
    record.warnings = []
    return record
  }
}
