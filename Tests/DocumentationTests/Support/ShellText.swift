import Foundation

/// Commands in the text of a shell script, as far as documentation writes them.
enum ShellText {
  /// The words of every simple command, without assignments before it. Comments are left out; words in single or double
  /// quotes are one word. What `$( )` holds is a command of its own.
  static func commands(_ text: String) -> [[String]] {
    let joined = text.replacing("\\\n", with: " ")
    return joined.split(separator: "\n").flatMap { line -> [[String]] in
      var commands: [[String]] = [[]]
      var word = ""
      var isWord = false
      var quote: Character?
      func endWord() {
        if isWord { commands[commands.count - 1].append(word) }
        (word, isWord) = ("", false)
      }
      func endCommand() {
        endWord()
        commands.append([])
      }
      for character in line {
        if let open = quote {
          if character == open { quote = nil } else { word.append(character) }
        } else if character == "'" || character == "\"" {
          (quote, isWord) = (character, true)
        } else if character == "#", !isWord {
          break
        } else if character == " " {
          endWord()
        } else if "|&;()<>".contains(character) {
          endCommand()
        } else {
          word.append(character)
          isWord = true
        }
      }
      endWord()
      return commands
    }
    .map { Array($0.drop { $0.contains(/^[A-Za-z_]+=/) }) }
    .filter { !$0.isEmpty }
  }
}
