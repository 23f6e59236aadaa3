import Model

extension String {
  /// What somebody has written, among lines of the program's own: its further lines begin with spaces, so that none
  /// passes for one of these.
  var written: String { PlainText.shown(self).replacing("\n", with: "\n    ") }
}
