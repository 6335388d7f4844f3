import Testing

@testable import Lexing

/// What is special about each language, as tokens.
@Suite struct GrammarTests {
  @Test func c() throws {
    #expect(
      try lexed("c", "int x->y = 0xFFu; // it's\n")
        == "k:int i:x o:-> i:y o:= n:0xFFu o:; d:// w:it's ;")
    #expect(try lexed("c", "a+++b>>=1'000.5e-3f") == "i:a o:++ o:+ i:b o:>>= n:1'000.5e-3f")
    #expect(try lexed("c", #"L"a\n" '\''"#) == #"d:L" w:a p:\n d:" d:' p:\' d:'"#)
    #expect(try lexed("c", "/* a\nb */x /**/ y") == "d:/* w:a ; w:b d:*/ i:x d:/* d:*/ i:y")
    #expect(try lexed("c", "\"open\nreturn") == "d:\" w:open ; k:return")
    #expect(try lexed("c", ".5 5. x.y 1..2") == "n:.5 n:5. i:x o:. i:y n:1 o:. n:.2")
  }

  @Test func cplusplus() throws {
    #expect(try lexed("cpp", "R\"x(a)\" b)x\" y") == "d:R\"x( w:a p:) p:\" w:b d:)x\" i:y")
    #expect(try lexed("cpp", "a<=>b::c") == "i:a o:<=> i:b o::: i:c")
    #expect(try lexed("objective-c", "@interface X @\"s\"") == "k:@interface i:X d:@\" w:s d:\"")
  }

  @Test func swift() throws {
    #expect(
      try lexed("swift", ##"let `if` = #"a \(x) \#(f(y)) "b"#"##)
        == ##"k:let i:`if` o:= d:#" w:a p:\ p:( w:x p:) d:\#( i:f o:( i:y o:) d:) p:" w:b d:"#"##)
    #expect(
      try lexed("swift", "a..<b 0...9 t.0.1 1_000.5")
        == "i:a o:..< i:b n:0 o:... n:9 i:t o:. n:0 o:. n:1 n:1_000.5")
    #expect(try lexed("swift", "/* a /* b */ c */ d") == "d:/* w:a d:/* w:b d:*/ w:c d:*/ i:d")
    #expect(try lexed("swift", "\"\\(a\nb") == "d:\" d:\\( i:a ; i:b")
    #expect(try lexed("swift", "@escaping #if $0") == "o:@ i:escaping o:# k:if i:$0")
  }

  @Test func python() throws {
    #expect(
      try lexed("python", "if x:\n    y\n\n  # note\n    z\nw\n")
        == "k:if i:x o:: ; > i:y ; ; d:# w:note ; i:z ; < i:w ;")
    #expect(try lexed("python", "a\n  b\n    c\nd") == "i:a ; > i:b ; > i:c ; < < i:d")
    #expect(try lexed("python", "a\n    b\n  c\nd") == "i:a ; > i:b ; i:c ; < i:d")
    #expect(try lexed("python", "f'{{a {b!r} c'") == "d:f' p:{{ w:a d:{ i:b o:! i:r d:} w:c d:'")
    #expect(try lexed("python", "rb\"\"\"x\ny\"\"\" z") == "d:rb\"\"\" w:x ; w:y d:\"\"\" i:z")
  }

  @Test func javascript() throws {
    #expect(
      try lexed("javascript", "a / b; x = /['\"]/g; `t ${ {a: 1}.a } u`")
        == "i:a o:/ i:b o:; i:x o:= d:/ p:[ p:' p:\" p:] d:/ i:g o:; d:` w:t d:${ o:{ i:a o:: n:1 o:} o:. i:a d:} w:u d:`"
    )
    #expect(
      try lexed("typescript", "interface A { b?.c ?? d }") == "k:interface i:A o:{ i:b o:?. i:c o:?? i:d o:}")
  }

  @Test func rust() throws {
    #expect(try lexed("rust", "fn f<'a>(x: &'a str) { 'x' }").contains("o:' i:a o:>"))
    #expect(
      try lexed("rust", "b'\\n' r##\"a\"#b\"## 0..=9")
        == "d:b' p:\\n d:' d:r##\" w:a p:\" p:# w:b d:\"## n:0 o:..= n:9")
  }

  @Test func shell() throws {
    #expect(
      try lexed("shellscript", "cat <<-'END' | x\n a $b's\n\tEND\nif $y; then # it\n")
        == "i:cat d:<<-'END' o:| i:x ; w:a i:$b p:' w:s ; d:END ; k:if i:$y o:; k:then d:# w:it ;")
    #expect(
      try lexed("shellscript", "echo \"$(ls \"$a\") b\" $# x")
        == "k:echo d:\" d:$( i:ls d:\" i:$a d:\" d:) w:b d:\" o:$ o:# i:x")
  }

  @Test func others() throws {
    #expect(
      try lexed("lua", "--[==[ a ]] b ]==] c [[d]]") == "d:--[==[ w:a p:] p:] w:b d:]==] i:c d:[[ w:d d:]]")
    #expect(
      try lexed("sql", "SELECT 'it''s' FROM t -- x") == "k:SELECT d:' w:it p:'' w:s d:' k:FROM i:t d:-- w:x")
    #expect(
      try lexed("ruby", "x = <<~TEXT\n  a #{b}\nTEXT\n@y")
        == "i:x o:= d:<<~TEXT ; w:a d:#{ i:b d:} ; d:TEXT ; i:@y")
    #expect(try lexed("ruby", "=begin\nx\n=end\ny") == "d:=begin ; w:x ; d:=end ; i:y")
    #expect(try lexed("php", "$a = \"b $c {$d}\";") == "i:$a o:= d:\" w:b i:$c d:{$ i:d d:} d:\" o:;")
    #expect(
      try lexed("yaml", "a-b: it's # c\n  d: 1\n") == "i:a-b o:: i:it o:' i:s d:# w:c ; > i:d o:: n:1 ;")
    #expect(try lexed("kotlin", "\"a $b ${c}\"") == "d:\" w:a i:$b d:${ i:c d:} d:\"")
    #expect(
      try lexed("csharp", "$\"a {b}\" @\"c\"\"d\"") == "d:$\" w:a d:{ i:b d:} d:\" d:@\" w:c p:\"\" w:d d:\"")
    #expect(try lexed("css", "--a: #fff; @media .5em") == "i:--a o:: o:# i:fff o:; k:@media n:.5em")
    #expect(try lexed("go", "x := `a\nb`") == "i:x o::= d:` w:a ; w:b d:`")
    #expect(try lexed("json", "{\"a\": [1, true]}") == "o:{ d:\" w:a d:\" o:: o:[ n:1 o:, k:true o:] o:}")
    #expect(try lexed("haskell", "f' x >>= {- a -} y") == "i:f' i:x o:>>= d:{- w:a d:-} i:y")
    #expect(try lexed("java", "\"\"\"\n a\"b\"\"\" >>>= c") == "d:\"\"\" ; w:a p:\" w:b d:\"\"\" o:>>>= i:c")
  }

  @Test func prose() throws {
    #expect(
      try lexed("plaintext", "Don’t re-read 1,000.5 of it... 'yes'!")
        == "w:Don’t w:re-read n:1,000.5 w:of w:it p:... p:' w:yes p:' p:!")
    #expect(try lexed("plaintext", "日本語 한글 x") == "c:日 c:本 c:語 c:한 c:글 w:x")
    // A space that parts two words of Korean, or may begin to, is a token.
    #expect(try lexed("plaintext", "한글 은 ") == "c:한 c:글 ?:  c:은 ?: ")
    #expect(try lexed("plaintext", "한  글. 은 日 本") == "c:한 c:글 p:. c:은 c:日 c:本")
    #expect(try lexed("c", "한 글 /* 한 글 */") == "i:한 i:글 d:/* c:한 ?:  c:글 d:*/")
    #expect(try lexed("plaintext", "👩‍👩‍👧🇫🇷🇩🇪1️⃣❤️👍🏽") == "e:👩‍👩‍👧 e:🇫🇷 e:🇩🇪 e:1️⃣ e:❤️ e:👍🏽")
    #expect(try lexed("plaintext", "Ünïcode naïve\u{301} 3rd") == "w:Ünïcode w:naïve\u{301} w:3rd")
    #expect(
      try lexed("markdown", "a `b_c()` d\n```\nx = 1\n```")
        == "w:a d:` i:b_c o:( o:) d:` w:d ; d:``` ; i:x o:= n:1 ; d:```")
    #expect(
      try lexed("html", "<a href=\"x\">it's</a> 1 < 2")
        == "d:< k:a i:href o:= d:\" w:x d:\" d:> w:it's d:< o:/ k:a d:> n:1 p:< n:2")
    #expect(
      try lexed("latex", "\\section{On $x^2$} % why")
        == "k:\\section p:{ w:On d:$ i:x o:^ n:2 d:$ p:} d:% w:why")
  }

  @Test func invalidBytes() throws {
    let tokens = Lexer(.plainText).tokens(of: [0x61, 0xFF, 0xFE, 0x20, 0xC3, 0x62, 0x00])
    #expect(tokens.map(\.kind) == [.word, .other, .other, .word, .other])
    #expect(tokens.map(\.byteRange) == [0..<1, 1..<3, 4..<5, 5..<6, 6..<7])
    #expect(Lexer(.plainText).tokens(of: []).isEmpty)
  }

  @Test func contexts() throws {
    let tokens = Lexer(try grammar("c")).tokens(of: "x \"s\" /*c*/")
    #expect(tokens.map(\.context) == [.code, .string, .string, .string, .comment, .comment, .comment])
    #expect(Lexer(.plainText).tokens(of: "x").map(\.context) == [.prose])
  }
}
