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
      return Self.escaped(String(decoding: try encoder.encode(value), as: UTF8.self)) { scalar in
        String(scalar).utf16.map { "\\u\(Self.hexadecimal($0, digits: 4))" }.joined()
      }
    case .yaml:
      // Whoever prints it ends the line.
      let text = String(try YAMLWriter.text(value).trimmingSuffix(while: \.isNewline))
      return Self.escaped(text) { "\\U\(Self.hexadecimal($0.value, digits: 8))" }
    }
  }

  /// The same document with what no terminal is to obey written as escapes, so that whoever reads it has the exact text.
  /// Such characters stand between quotation marks only.
  private static func escaped(_ document: String, _ escape: (Unicode.Scalar) -> String) -> String {
    func isEscaped(_ scalar: Unicode.Scalar) -> Bool { scalar != "\n" && PlainText.isUnruly(scalar) }
    guard document.unicodeScalars.contains(where: isEscaped) else { return document }
    return document.unicodeScalars.map { isEscaped($0) ? escape($0) : String($0) }.joined()
  }

  private static func hexadecimal(_ value: some BinaryInteger, digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}

extension String {
  fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> Substring {
    var text = Substring(self)
    while let last = text.last, isTrimmed(last) { text.removeLast() }
    return text
  }
}

/// Lines for people go to standard output, progress and errors to standard error. Whatever they are made of, nothing that
/// others have written reaches the terminal as more than text: it is looked at here, where no line is forgotten.
enum Console {
  static func print(_ text: String) {
    write(text + "\n", to: FileHandle.standardOutput)
  }

  static func note(_ text: String) {
    write(text + "\n", to: FileHandle.standardError)
  }

  private static func write(_ text: String, to handle: FileHandle) {
    let text = PlainText.shown(text)
    // A reader that went away (`| head`) is no reason to fail.
    try? handle.write(contentsOf: Data(text.utf8))
  }
}
