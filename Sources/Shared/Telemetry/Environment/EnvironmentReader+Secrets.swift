extension EnvironmentReader {
  /// A secret from `name`, or from the file that `<name>_FILE` names; required.
  public mutating func secret(_ name: String, _ documentation: String) -> Secret {
    note(name, Self.acceptedSecret(name), nil, isRequired: true, documentation)
    let found = lookUpSecret(name)
    if found == .unset { fail(name, found: "nothing", Self.acceptedSecret(name)) }
    return found.secret ?? Secret("")
  }

  /// A secret from `name`, or from the file that `<name>_FILE` names.
  public mutating func optionalSecret(_ name: String, _ documentation: String) -> Secret? {
    note(name, Self.acceptedSecret(name), nil, isRequired: false, documentation)
    return lookUpSecret(name).secret
  }

  private enum SecretLookup: Equatable {
    case found(Secret)
    case unset
    /// An error is noted.
    case unusable

    var secret: Secret? {
      if case .found(let secret) = self { return secret }
      return nil
    }
  }

  private static func acceptedSecret(_ name: String) -> String {
    "the secret itself, or in \(name)_FILE the path of a readable file that holds it"
  }

  private mutating func lookUpSecret(_ name: String) -> SecretLookup {
    let fileVariable = "\(name)_FILE"
    secretFiles.insert(fileVariable)
    switch (text(name), text(fileVariable)) {
    case (nil, nil): return .unset
    case (let value?, nil): return .found(Secret(value))
    case (nil, let path?): return readSecret(path, fileVariable)
    case (_?, _?):
      fail(name, found: "both \(name) and \(fileVariable)", "one of the two")
      return .unusable
    }
  }

  /// One line end at the end of the file is not part of the secret: editors and `echo` put it there.
  private mutating func readSecret(_ path: String, _ variable: String) -> SecretLookup {
    let accepted = "the path of a readable, non-empty file in UTF-8"
    guard let content = try? readFile(path) else {
      fail(variable, found: "'\(path)', which cannot be read", accepted)
      return .unusable
    }
    let secret = content.last?.isNewline == true ? String(content.dropLast()) : content
    guard !secret.isEmpty else {
      fail(variable, found: "'\(path)', which is empty", accepted)
      return .unusable
    }
    return .found(Secret(secret))
  }
}
