import JSON
import Platform

/// `inkling classify --jsonl`: what each text is said to be. See `RequestLines`.
struct ClassificationRequests {
  let answer: any TextAnswer

  /// Reads standard input to its end.
  func answerAll() throws(Failure) {
    try RequestLines.answerAll { request throws(Failure) in
      let members = try RequestMembers(request, known: ["id", "text", "path", "top"])
      let top = try members.integer("top", 1...1000)
      let (text, path) = try members.text(for: "classify")
      return try answer.members(text, path: path, top: top)
    }
  }
}
