import Foundation

/// The executables of the stack, beside this one.
struct Programs: Sendable {
  let regie: String
  let governance: String
  let agent: String

  /// - Throws: ``DevError`` that names what is missing and how to build it.
  static func find() throws -> Programs {
    guard let own = Bundle.main.executablePath else { throw DevError("ce programme ne se trouve pas lui-même") }
    let folder = URL(fileURLWithPath: own).resolvingSymlinksInPath().deletingLastPathComponent().path
    func program(_ name: String) throws -> String {
      let path = "\(folder)/\(name)"
      guard FileManager.default.isExecutableFile(atPath: path) else {
        throw DevError("\(path) manque ; « make build » le construit / is missing: make build")
      }
      return path
    }
    return Programs(regie: own, governance: try program("governance"), agent: try program("region-agent"))
  }
}
