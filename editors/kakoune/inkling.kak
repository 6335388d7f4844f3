# For kakrc, behind `eval %sh{kak-lsp}`: Inkling beside whatever server a file type has.
hook -group inkling global BufSetOption filetype=.* %{
    set-option -add buffer lsp_servers %{
        [inkling]
        command = "inkling"
        args = ["serve"]
        root_globs = [".inkling", ".git"]
        settings_section = "inkling"
        [inkling.settings.inkling]
        completion.limit = 10
    }
}
