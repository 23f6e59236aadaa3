public import Foundation

/// How resources are written and read as JSON, everywhere.
public enum ModelJSON {
  /// Sorted keys, slashes as they are, dates as RFC 3339 with as many digits as needed.
  public static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .custom { date, encoder in
      var container = encoder.singleValueContainer()
      try container.encode(RFC3339.text(date))
    }
    return encoder
  }

  /// Reads what ``encoder`` writes, and any other RFC 3339 date.
  public static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .custom { decoder in
      let container = try decoder.singleValueContainer()
      let text = try container.decode(String.self)
      guard let date = RFC3339.date(text) else {
        throw DecodingError.dataCorruptedError(
          in: container, debugDescription: "“\(text)” is not a date; accepted: \(RFC3339.accepted)")
      }
      return date
    }
    return decoder
  }
}
