module census

go 1.26.8
