import ArgumentParser
import Foundation
import Model

/// How answers are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case table
  case wide
  case json
  case yaml

  /// The value as JSON or YAML; nil for tables.
  func render(_ value: some Encodable) throws -> String? {
    switch self {
    case .table, .wide: return nil
    case .json:
      let encoder = ModelJSON.encoder
      encoder.outputFormatting.insert(.prettyPrinted)
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    case .yaml:
      // Whoever prints it ends the line.
      return String(try YAMLWriter.text(value).trimmingSuffix(while: \.isNewline))
    }
  }
}

extension String {
  fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> Substring {
    var text = Substring(self)
    while let last = text.last, isTrimmed(last) { text.removeLast() }
    return text
  }
}

/// Lines for people go to standard output, progress and errors to standard error.
enum Console {
  static func print(_ text: String) {
    write(text + "\n", to: FileHandle.standardOutput)
  }

  static func note(_ text: String) {
    write(text + "\n", to: FileHandle.standardError)
  }

  private static func write(_ text: String, to handle: FileHandle) {
    // A reader that went away (`| head`) is no reason to fail.
    try? handle.write(contentsOf: Data(text.utf8))
  }
}
