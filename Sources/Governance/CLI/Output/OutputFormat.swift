import ArgumentParser
import Foundation
import Model
import NIOConcurrencyHelpers
import SystemPackage

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
  private static let cut = NIOLockedValueBox(false)

  /// Whether something that was to be printed is lost to whoever waits for it.
  static var isCut: Bool { cut.withLockedValue { $0 } }

  static func print(_ text: String) {
    do {
      try write(text, to: .standardOutput)
    } catch let error as Errno where error == .brokenPipe {
      // A reader that went away (`| head`) is no reason to fail.
    } catch {
      let isCutAlready = cut.withLockedValue { cut in
        defer { cut = true }
        return cut
      }
      guard !isCutAlready else { return }
      note("regie: la réponse n'a pas pu être écrite en entier / not all of the answer could be written: \(error)")
    }
  }

  static func note(_ text: String) {
    // There is nobody else to be told.
    try? write(text, to: .standardError)
  }

  private static func write(_ text: String, to output: FileDescriptor) throws {
    _ = try output.writeAll(PlainText.shown(text + "\n").utf8)
  }
}
